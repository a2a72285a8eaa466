"""Resources as the JSON API shows them.

Belongs here: the shape of buckets, objects and list pages. Does not: where they come from.
"""

from urllib.parse import quote

from pydantic import JsonValue

from sandbox.gcs.buckets import Bucket
from sandbox.gcs.fields import cleaned
from sandbox.gcs.listing import Page
from sandbox.gcs.objects import StoredObject


def bucket_resource(bucket: Bucket, base_url: str) -> dict[str, JsonValue]:
    """Return a `storage#bucket`."""
    return {
        "location": "US",
        "storageClass": "STANDARD",
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        **bucket.fields,
        "kind": "storage#bucket",
        "id": bucket.name,
        "name": bucket.name,
        "selfLink": f"{base_url}/storage/v1/b/{bucket.name}",
        "projectNumber": "0",
        "metageneration": str(bucket.metageneration),
        "timeCreated": bucket.created,
        "updated": bucket.updated,
        "locationType": "multi-region",
        "etag": bucket.etag,
    }


def object_resource(found: StoredObject, base_url: str) -> dict[str, JsonValue]:
    """Return a `storage#object`."""
    path = f"storage/v1/b/{found.bucket}/o/{quote(found.name, safe='')}"
    return cleaned(
        {
            "storageClass": "STANDARD",
            **found.fields,
            "kind": "storage#object",
            "id": f"{found.bucket}/{found.name}/{found.generation}",
            "selfLink": f"{base_url}/{path}",
            "mediaLink": f"{base_url}/download/{path}?generation={found.generation}&alt=media",
            "bucket": found.bucket,
            "name": found.name,
            "generation": str(found.generation),
            "metageneration": str(found.metageneration),
            "size": str(found.size),
            "md5Hash": found.md5,
            "crc32c": found.crc32c,
            "componentCount": found.components,
            "etag": found.etag,
            "timeCreated": found.created,
            "timeStorageClassUpdated": found.created,
            "updated": found.updated,
        }
    )


def list_resource(page: Page, base_url: str) -> dict[str, JsonValue]:
    """Return a `storage#objects`: empty lists are left out, as Google does."""
    items: list[JsonValue] = [object_resource(item, base_url) for item in page.items]
    prefixes: list[JsonValue] = [*page.prefixes]
    return {
        "kind": "storage#objects",
        **({"items": items} if items else {}),
        **({"prefixes": prefixes} if prefixes else {}),
        **({"nextPageToken": page.next} if page.next else {}),
    }
